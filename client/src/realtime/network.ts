// What the device says about its network. Browsers tell; Node does not, and then nothing is reported.

/** Reports losing and regaining the network until the returned function is called. */
export function watchNetwork(report: (happening: 'network-lost' | 'network-back') => void): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => {};
  const lost = () => report('network-lost');
  const back = () => report('network-back');
  globalThis.addEventListener('offline', lost);
  globalThis.addEventListener('online', back);
  return () => {
    globalThis.removeEventListener('offline', lost);
    globalThis.removeEventListener('online', back);
  };
}
