// The worker's methods for sharing. The links that the person made are kept in the locker: with one the person shows it again,
// sees its uses, and ends it.
//
// The host is asked about one link at a time, when the person looks at that link. Asked about all at once, it would learn which
// links are one person's.

import {
  type FhirResource,
  newSharedLink,
  putSharedLink,
  revokeSharedLink,
  type SharedLink,
  systemTransport,
  textOfSharedLink,
  usesOfSharedLink,
} from "../../../client/doors/share.ts";
import { deployment } from "../../shared/deployment.ts";
import { locker, wallet } from "./held.ts";
import { currentReport } from "./records.ts";

export type ShareWhat = "summary" | "all";

interface Kept {
  link: SharedLink;
  what: ShareWhat;
  /** unix seconds, of this phone's clock */
  made: number;
  /** false: it is not known whether the host has it */
  stands: boolean;
  /** the person ended it, or the host said that it has ended */
  ended?: boolean;
}

/** A link on a screen. */
export interface ShareView {
  /** names it among this wallet's links; it is no part of the link */
  made: number;
  label: string;
  what: ShareWhat;
  /** unix seconds */
  expires: number;
  passcode: string | undefined;
  /** the whole link, for a QR code or a message */
  text: string;
  state: "live" | "ended" | "over" | "unsure";
}
export interface ShareUses {
  uses: number;
  /** days since 1970-01-01 */
  lastDay: number | null;
  remainingAttempts: number | null;
}

const KEPT = "shared-links";
const REMEMBERED_SECONDS = 30 * 86_400;
const now = (): number => Math.floor(Date.now() / 1000);

const all = async (): Promise<Kept[]> => (await locker().get<Kept[]>(KEPT)) ?? [];

/** One change after the other, so that none is lost. */
let changes: Promise<unknown> = Promise.resolve();
function change(act: (links: Kept[]) => Kept[]): Promise<void> {
  const changed = changes.then(async () => locker().put(KEPT, act(await all())));
  changes = changed.catch(() => {});
  return changed;
}
const changeOne = (made: number, more: Partial<Kept>): Promise<void> =>
  change((links) => links.map((kept) => (kept.made === made ? { ...kept, ...more } : kept)));

async function one(made: number): Promise<Kept> {
  const found = (await all()).find((kept) => kept.made === made);
  if (!found) throw new Error("there is no such link");
  return found;
}

async function viewOf({ link, what, made, stands, ended }: Kept): Promise<ShareView> {
  const { viewerUrl } = await deployment();
  const state = ended ? "ended" : link.expires <= now() ? "over" : stands ? "live" : "unsure";
  return {
    made,
    label: link.label,
    what,
    expires: link.expires,
    passcode: link.passcode,
    text: textOfSharedLink(link, `${viewerUrl}/`),
    state,
  };
}

export const shareApi = {
  /** The person's links, newest first. Asks no one. Links that ended a month ago are forgotten. */
  async shares(): Promise<ShareView[]> {
    const links = await all();
    const still = links.filter(({ link }) => link.expires + REMEMBERED_SECONDS > now());
    if (still.length < links.length) await change(() => still);
    return Promise.all(still.sort((a, b) => b.made - a.made).map(viewOf));
  },

  /** Seals the records on this phone, and puts them where the link leads. @throws ApiError, ShareLinkError share-too-large */
  async share(what: ShareWhat, label: string, seconds: number, passcode: boolean): Promise<ShareView> {
    const [transport, where] = [systemTransport(), await deployment()];
    const report = await currentReport();
    const resource = (what === "all" ? report : await wallet().summary(report)) as unknown as FhirResource;
    const link = newSharedLink(transport, where, { label, seconds, passcode });
    const earlier = Math.max(0, ...(await all()).map(({ made }) => made));
    const kept: Kept = { link, what, made: Math.max(now(), earlier + 1), stands: false };
    await change((links) => [...links, kept]);
    try {
      await putSharedLink(transport, where, link, resource);
    } catch (error) {
      // Perhaps the host has it: then it is ended now, or it stays in the list as one to be ended.
      await revokeSharedLink(transport, where, link).then(
        () => change((links) => links.filter(({ made }) => made !== kept.made)),
        () => {},
      );
      throw error;
    }
    await changeOne(kept.made, { stands: true });
    return viewOf({ ...kept, stands: true });
  },

  /** Asks the host how often this link was opened; undefined if it has ended. @throws ApiError */
  async shareUses(made: number): Promise<ShareUses | undefined> {
    const { link } = await one(made);
    const told = await usesOfSharedLink(systemTransport(), await deployment(), link);
    if (told === undefined || told.ended) await changeOne(made, { ended: true });
    return told && !told.ended
      ? { uses: told.uses, lastDay: told.lastDay, remainingAttempts: told.remainingAttempts }
      : undefined;
  },

  /** When this returns, nobody can open the link any more. @throws ApiError if the host did not say so */
  async endShare(made: number): Promise<void> {
    const { link } = await one(made);
    await revokeSharedLink(systemTransport(), await deployment(), link);
    await changeOne(made, { ended: true });
  },

  forgetShare: (made: number): Promise<void> => change((links) => links.filter((kept) => kept.made !== made)),
};
