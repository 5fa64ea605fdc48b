// encodes values that JSON can represent as MessagePack, and decodes any MessagePack into a plain value
const messagePack = (() => {
  const bigEndian = (number, size) => {
    const whole = BigInt.asUintN(8 * size, BigInt(number));
    return Array.from({ length: size }, (_, index) => Number((whole >> BigInt(8 * (size - 1 - index))) & 255n));
  };

  // the first form that can hold the number; each form is [tag, number of bytes]
  const sized = (number, ...forms) => {
    const [tag, size] = forms.find(([, bytes]) => number < 2 ** (8 * bytes)) || forms.at(-1);
    return [tag, ...bigEndian(number, size)];
  };

  const integer = (number) => {
    if (number >= -32 && number < 128) return [number & 255];
    if (number >= 0) return sized(number, [0xcc, 1], [0xcd, 2], [0xce, 4], [0xcf, 8]);
    const forms = [[0xd0, 1], [0xd1, 2], [0xd2, 4]];
    const [tag, size] = forms.find(([, bytes]) => number >= -(2 ** (8 * bytes - 1))) || [0xd3, 8];
    return [tag, ...bigEndian(number, size)];
  };

  const float = (number) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, number);
    return [0xcb, ...new Uint8Array(view.buffer)];
  };

  const head = (count, fixed, limit, ...forms) => (count < limit ? [fixed | count] : sized(count, ...forms));

  const write = (value, out) => {
    const put = (bytes) => bytes.forEach((byte) => out.push(byte));
    if (value === null) put([0xc0]);
    else if (typeof value === "boolean") put([value ? 0xc3 : 0xc2]);
    else if (typeof value === "number") put(Number.isSafeInteger(value) ? integer(value) : float(value));
    else if (typeof value === "string") {
      const bytes = new TextEncoder().encode(value);
      put(head(bytes.length, 0xa0, 32, [0xd9, 1], [0xda, 2], [0xdb, 4]));
      put(bytes);
    } else if (Array.isArray(value)) {
      put(head(value.length, 0x90, 16, [0xdc, 2], [0xdd, 4]));
      value.forEach((item) => write(item, out));
    } else {
      const entries = Object.entries(value);
      put(head(entries.length, 0x80, 16, [0xde, 2], [0xdf, 4]));
      entries.flat().forEach((item) => write(item, out));
    }
    return out;
  };

  const pack = (value) => Uint8Array.from(write(value, []));

  const unpack = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    const take = (count) => {
      if (at + count > bytes.length) throw new Error("The MessagePack ends too early.");
      at += count;
      return at - count;
    };
    const unsigned = (size) => [...bytes.subarray(take(size), at)].reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const count = (size) => Number(unsigned(size));
    const exact = (whole) => (Number.isSafeInteger(Number(whole)) ? Number(whole) : String(whole));
    const part = (size) => bytes.subarray(take(size), at);
    const text = (size) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part(size));
    const binary = (size) => `bytes ${hexOfBytes(part(size))}`;
    const extension = (size) => `extension ${view.getInt8(take(1))}, ${binary(size)}`;
    const list = (size) => {
      const items = [];
      while (items.length < size) items.push(read());
      return items;
    };
    const key = (value) => (typeof value === "string" ? value : JSON.stringify(value));
    const map = (size) => {
      const pairs = [];
      while (pairs.length < size) pairs.push([key(read()), read()]);
      return Object.fromEntries(pairs);
    };
    const read = () => {
      const tag = bytes[take(1)];
      if (tag < 0x80) return tag;
      if (tag < 0x90) return map(tag & 15);
      if (tag < 0xa0) return list(tag & 15);
      if (tag < 0xc0) return text(tag & 31);
      if (tag >= 0xe0) return tag - 256;
      if (tag === 0xc0) return null;
      if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3;
      if (tag >= 0xc4 && tag <= 0xc6) return binary(count(2 ** (tag - 0xc4)));
      if (tag >= 0xc7 && tag <= 0xc9) return extension(count(2 ** (tag - 0xc7)));
      if (tag === 0xca) return view.getFloat32(take(4));
      if (tag === 0xcb) return view.getFloat64(take(8));
      if (tag >= 0xcc && tag <= 0xcf) return exact(unsigned(2 ** (tag - 0xcc)));
      if (tag >= 0xd0 && tag <= 0xd3) return exact(BigInt.asIntN(8 * 2 ** (tag - 0xd0), unsigned(2 ** (tag - 0xd0))));
      if (tag >= 0xd4 && tag <= 0xd8) return extension(2 ** (tag - 0xd4));
      if (tag >= 0xd9 && tag <= 0xdb) return text(count(2 ** (tag - 0xd9)));
      if (tag === 0xdc || tag === 0xdd) return list(count(2 * (tag - 0xdb)));
      if (tag === 0xde || tag === 0xdf) return map(count(2 * (tag - 0xdd)));
      throw new Error("This is no MessagePack.");
    };
    const value = read();
    if (at < bytes.length) throw new Error("Bytes follow after the MessagePack.");
    return value;
  };

  return { pack, unpack };
})();
