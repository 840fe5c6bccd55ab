// Makes a small PNG of a screenshot: at most 256 colours, one byte per point. Chromium writes 8-bit RGB or RGBA, not interlaced.
//
//   signature ‖ IHDR ‖ PLTE ‖ IDAT ‖ IEND      each chunk: u32 length ‖ type ‖ data ‖ u32 CRC-32 of type and data

import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const MAX_COLOURS = 256;

interface Image {
  width: number;
  height: number;
  /** 0xRRGGBB per point */
  points: Uint32Array;
}

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** Paeth's predictor of the PNG specification. */
function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

function read(png: Buffer): Image {
  const chunks = chunksOf(png);
  const header = chunks[0]!.data;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const depth = header[9] === 6 ? 4 : 3;
  const raw = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data)));
  const stride = width * depth;
  let before = new Uint8Array(stride);
  const points = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    const row = new Uint8Array(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let x = 0; x < stride; x++) {
      const left = x < depth ? 0 : row[x - depth]!;
      const up = before[x]!;
      const corner = x < depth ? 0 : before[x - depth]!;
      row[x]! += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
    }
    for (let x = 0; x < width; x++)
      points[y * width + x] = (row[x * depth]! << 16) | (row[x * depth + 1]! << 8) | row[x * depth + 2]!;
    before = row;
  }
  return { width, height, points };
}

const distance = (a: number, b: number): number =>
  ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** The most frequent colours; each other one is drawn in the nearest of them. */
export function smallPng(screenshot: Uint8Array): Buffer {
  const { width, height, points } = read(Buffer.from(screenshot));
  const counts = new Map<number, number>();
  for (const point of points) counts.set(point, (counts.get(point) ?? 0) + 1);
  const colours = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  const palette = colours.slice(0, MAX_COLOURS);
  const places = new Map(palette.map((colour, i) => [colour, i] as const));
  for (const colour of colours.slice(MAX_COLOURS)) {
    let nearest = 0;
    for (let i = 1; i < palette.length; i++)
      if (distance(colour, palette[i]!) < distance(colour, palette[nearest]!)) nearest = i;
    places.set(colour, nearest);
  }
  const rows = Buffer.alloc((width + 1) * height); // filter 0 before each row
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = places.get(points[y * width + x]!)!;
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits, by palette
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", table),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
