// The one place where a string becomes the address of a script. The Content-Security-Policy says "trusted-types app", so no other
// code of a page can make one. Only addresses of this origin pass.

interface Policy {
  createScriptURL(url: string): unknown;
}
declare const trustedTypes:
  | { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy }
  | undefined;

function ofThisOrigin(url: string): string {
  const absolute = new URL(url, location.href);
  if (absolute.origin !== location.origin) throw new TypeError(`not of this origin: ${url}`);
  return absolute.href;
}

const policy: Policy =
  typeof trustedTypes === "undefined"
    ? { createScriptURL: ofThisOrigin }
    : trustedTypes.createPolicy("app", { createScriptURL: ofThisOrigin });

/** For `new Worker` and `serviceWorker.register`. @throws TypeError for another origin */
export const scriptUrl = (url: string): string => policy.createScriptURL(url) as string;
