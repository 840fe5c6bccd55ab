// Downloads the blobs of a bucket (buckets.ts): all of them, of any patient, in the order of the service's list. Small ones come
// in groups (protocol/blob-group.ts), and each large one by itself. The asker acts alike for its own blobs and those of others.

import { GROUP_BLOB_BYTES, GROUP_BLOBS, readGroup } from "../../protocol/blob-group.ts";
import { CodecError } from "../../protocol/codec.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { ApiError, apiBytes } from "../transport.ts";
import type { Listed, ServiceReads } from "./buckets.ts";

/** connections of a browser to one host */
export const PARALLEL_DOWNLOADS = 6;

export interface DownloadOptions {
  /** requests at a time; default PARALLEL_DOWNLOADS */
  readonly parallel?: number;
  /** Whether to go on without a blob if the service cannot be reached. */
  readonly skipUnreachable?: boolean;
}
type Blobs = readonly (Uint8Array | undefined)[];

/**
 * Hands over each blob as it comes. It leaves out a blob that the service does not hand out, for whatever reason: one blob must
 * not hide the others.
 * @throws ApiError unreachable, unless skipUnreachable
 */
export async function download(
  { transport, serviceUrl }: ServiceReads,
  serviceId: Hex,
  rows: readonly Listed[],
  take: (row: Listed, blob: Uint8Array) => void,
  { parallel = PARALLEL_DOWNLOADS, skipUnreachable = false }: DownloadOptions = {},
): Promise<void> {
  const ask = async <T>(path: string, read: (answer: Uint8Array) => T): Promise<T | undefined> => {
    try {
      return read(await apiBytes(transport, serviceUrl, `/v1/services/${serviceId}/blobs${path}`));
    } catch (error) {
      if (error instanceof CodecError) return undefined;
      if (error instanceof ApiError && (skipUnreachable || error.code !== "unreachable")) return undefined;
      throw error;
    }
  };
  const single = ({ recordId }: Listed) => ask(`/${recordId}`, (blob) => blob);
  const groupOf = async (group: readonly Listed[]): Promise<Blobs> => {
    if (group.length === 1) return [await single(group[0]!)];
    const ids = group.map((row) => row.recordId).join(".");
    const blobs = await ask<Blobs>(`?ids=${ids}`, (answer) => readGroup(answer, group.length));
    return blobs ?? Promise.all(group.map(single));
  };
  const queue = groupsOf(rows);
  const work = async (): Promise<void> => {
    for (let group = queue.shift(); group; group = queue.shift()) {
      const blobs = await groupOf(group);
      for (const [i, row] of group.entries()) if (blobs[i]) take(row, blobs[i]);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

/** Runs of small blobs, and each large one by itself. The sizes are those that the manifests name. */
function groupsOf(rows: readonly Listed[]): Listed[][] {
  const groups: Listed[][] = [];
  let run: Listed[] | undefined;
  for (const row of rows) {
    if (row.manifest.size > GROUP_BLOB_BYTES) groups.push([row]);
    else if (run && run.length < GROUP_BLOBS) run.push(row);
    else {
      run = [row];
      groups.push(run);
    }
  }
  return groups;
}
