// How deep a JSON text is nested, seen from its bytes. JSON.parse takes any depth, but what walks the value afterwards
// (JSON.stringify above all) goes down one call a level, and a few thousand levels end the stack: an error thrown wherever
// somebody happens to look. So where JSON.parse is used on what strangers send, this is asked before.

const [quote, backslash] = [0x22, 0x5c];
// `[` and `{`, `]` and `}` differ in this bit alone.
const [opening, closing, squareOrCurly] = [0x5b, 0x5d, 0x20];

/** Whether arrays and objects lie more than `depthMax` deep in one another. Of bytes that are not JSON it says something. */
export function isNestedDeeper(bytes: Uint8Array, depthMax: number): boolean {
  // Two bytes a level: nearly every message is too short to be asked.
  if (bytes.length <= depthMax * 2) return false;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (isText) {
      if (byte === backslash) at++;
      else if (byte === quote) isText = false;
    } else if (byte === quote) {
      isText = true;
    } else if ((byte & ~squareOrCurly) === opening) {
      if (++depth > depthMax) return true;
    } else if ((byte & ~squareOrCurly) === closing) {
      depth--;
    }
  }
  return false;
}
