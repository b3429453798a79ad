/** WebAssembly modules that are shipped as text, without a file to be fetched. */

/** The part of the WebAssembly API that is used; the engine is compiled without platform types. */
interface WebAssemblyPlatform<Exports> {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
}

/** Exports of every kernel: its memory, and the address of its first free byte. */
export interface KernelMemory {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly free: { readonly value: number };
}

/** Null if WebAssembly, its vector instructions or compilation at run time are not available. */
export function instantiated<Exports extends KernelMemory>(base64: string): Exports | null {
  const platform = (globalThis as { WebAssembly?: WebAssemblyPlatform<Exports> }).WebAssembly;
  try {
    if (!platform) return null;
    return new platform.Instance(new platform.Module(decodeBase64(base64))).exports;
  } catch {
    return null;
  }
}

function decodeBase64(text: string): Uint8Array {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes = new Uint8Array(Math.floor((text.replaceAll('=', '').length * 3) / 4));
  let bits = 0;
  let count = 0;
  let end = 0;
  for (const digit of text.replaceAll('=', '')) {
    bits = ((bits << 6) | digits.indexOf(digit)) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[end++] = (bits >> count) & 255;
    }
  }
  return bytes;
}

const PAGE = 65536;
export const DOUBLE = 8;

/** Grows the kernel's memory to hold this many numbers. */
export function reserve({ memory }: KernelMemory, doubles: number): void {
  const missing = doubles * DOUBLE - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
