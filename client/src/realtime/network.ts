// What the device says about its network. Browsers tell; Node does not, and then nothing is reported.

/** Reports losing and regaining the network until the returned function is called. */
export function watchNetwork(report: (happening: 'network-lost' | 'network-back') => void): () => void {
  // Only a browser's global is an event target. Asked this way, the file also type-checks in a program without the DOM.
  const device: unknown = globalThis;
  if (!(device instanceof EventTarget)) return () => {};
  const lost = () => report('network-lost');
  const back = () => report('network-back');
  device.addEventListener('offline', lost);
  device.addEventListener('online', back);
  return () => {
    device.removeEventListener('offline', lost);
    device.removeEventListener('online', back);
  };
}
