// Addresses of the screens of care. What names a visit stands behind "#", so that no server reads it.

/** The messages of a visit. With a record, the screen opens at a request about it. */
export const messagesHref = (tid: string, recordId?: string): string =>
  `/messages#${tid}${recordId === undefined ? "" : `/${recordId}`}`;

/** The visit and the record that a fragment names. */
export function readMessagesFragment(fragment: string): { tid: string | undefined; recordId: string | undefined } {
  const [tid, recordId] = fragment.split("/");
  return {
    tid: tid === undefined || tid === "" ? undefined : tid,
    recordId: /^[0-9a-f]{32}$/.test(recordId ?? "") ? recordId : undefined,
  };
}
