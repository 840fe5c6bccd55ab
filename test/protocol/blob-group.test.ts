import { expect, it } from "vitest";
import { GROUP_BLOB_BYTES, readGroup, writeGroup } from "../../protocol/blob-group.ts";
import { concatBytes, u32be } from "../../protocol/bytes.ts";

const blobs = [new Uint8Array([1, 2, 3]), undefined, new Uint8Array(GROUP_BLOB_BYTES).fill(7)];

it("gives each blob in the order of the question, and none where the service has none", () => {
  expect(readGroup(writeGroup(blobs), 3)).toEqual(blobs);
  expect(writeGroup([new Uint8Array([9]), undefined])).toEqual(new Uint8Array([0, 0, 0, 1, 9, 0, 0, 0, 0]));
});

it("refuses a group that is cut off, too long, for another count, or with a blob that is too large", () => {
  const bytes = writeGroup(blobs);
  for (const bad of [
    bytes.subarray(0, -1),
    bytes.subarray(0, 5),
    concatBytes(bytes, new Uint8Array(1)),
    writeGroup(blobs.slice(0, 2)),
    writeGroup([...blobs, undefined]),
    writeGroup([blobs[0], undefined, new Uint8Array(GROUP_BLOB_BYTES + 1)]),
    concatBytes(writeGroup(blobs.slice(0, 2)), u32be(0xffffffff)),
  ])
    expect(() => readGroup(bad, 3)).toThrow(/group of blobs/);
});
