// How SQLite in a Durable Object returns bytes: a BLOB column is read as an ArrayBuffer.

/** The bytes of a BLOB column that is not null. */
export const bytesOf = (blob: SqlStorageValue | undefined): Uint8Array => new Uint8Array(blob as ArrayBuffer);
