// The viewer's worker: reads the link, fetches what it shares, and opens it. The key stays in here.

import {
  ApiError,
  asksPasscode,
  type CodeOf,
  openShareLink,
  readShareLink,
  type ShareLink,
  ShareLinkError,
  systemTransport,
} from "../../client/doors/share.ts";
import { deployment } from "../shared/deployment.ts";
import type { Resource } from "../shared/fhir/value.ts";
import { serve } from "../shared/remote.ts";

/** What the page may know of a link before it is open. */
export interface LinkView {
  label: string | undefined;
  asksPasscode: boolean;
  /** unix seconds */
  expires: number | undefined;
}
export type Refusal = CodeOf<"ShareLinkError"> | "other-host";
export interface Refused {
  refusal: Refusal;
  /** wrong passcodes that are left */
  left: number | undefined;
}

let link: ShareLink | undefined;

const refused = (error: unknown): Refused => {
  if (error instanceof ShareLinkError) return { refusal: error.code, left: error.remainingAttempts };
  throw error;
};

const api = {
  /** Asks no host yet. A link of another host is refused, because this page's policy lets it talk to its own host alone. */
  async read(text: string): Promise<LinkView | Refused> {
    link = undefined;
    try {
      const read = readShareLink(text);
      const { serviceUrl } = await deployment();
      if (new URL(read.url).origin !== new URL(serviceUrl).origin) return { refusal: "other-host", left: undefined };
      if (read.exp !== undefined && read.exp <= systemTransport().now())
        return { refusal: "link-expired", left: undefined };
      link = read;
      return { label: read.label, asksPasscode: asksPasscode(read), expires: read.exp };
    } catch (error) {
      return refused(error);
    }
  },

  /** @param recipient the host may show it to the person who shares @throws ApiError */
  async open(recipient: string, passcode: string | undefined): Promise<Resource[] | Refused> {
    if (!link) return { refusal: "link-malformed", left: undefined };
    try {
      return (await openShareLink(systemTransport(), link, { recipient, passcode })) as Resource[];
    } catch (error) {
      if (error instanceof ApiError) throw error;
      return refused(error);
    }
  },
};
export type Engine = typeof api;

serve(api);
