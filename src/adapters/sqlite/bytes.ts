/** Digests and salts are hexadecimal in the ledger, and half as long in the file. */
export function toBytes(hexadecimal: string): Uint8Array {
  return Buffer.from(hexadecimal, 'hex');
}

export function toHexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
