// Where the roles and the apps of this deployment are. The app's own Worker says it, so it comes from the same place as the code.

import type { Deployment } from "../../client/index.ts";

export interface AppDeployment extends Deployment {
  walletUrl: string;
  deskUrl: string;
  registrarDeskUrl: string;
  viewerUrl: string;
  officerUrls: string[];
  tourUrl?: string;
  /** in the officers' app: the index of its trustee, from 1 on */
  trustee?: number;
}

let known: Promise<AppDeployment> | undefined;

/** Asks once. A failed request is asked again at the next call. @throws TypeError without network */
export function deployment(): Promise<AppDeployment> {
  known ??= fetch("/deployment.json")
    .then(async (answer) => {
      if (!answer.ok) throw new TypeError(`/deployment.json: ${answer.status}`);
      return (await answer.json()) as AppDeployment;
    })
    .catch((cause) => {
      known = undefined;
      throw cause;
    });
  return known;
}
