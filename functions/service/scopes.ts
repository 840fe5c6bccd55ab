// Scopes of access tokens, in the syntax of SMART App Launch 2.2: system/<resource>.<letters>, where the letters are a part
// of "cruds" in this order: create, read, update, delete, search. A token names them; each route asks for one of them.
//
//   system/Session.c    hand in a check-in that was taken offline
//   system/Session.r    read one session          system/Session.s   list sessions
//   system/Record.c     file a record             system/Record.u    amend or move one
//   system/Record.d     withdraw or erase one
//   system/Record.r     read one session's chain  system/Record.s    list the records of all sessions
//   system/Message.c    send a message            system/Message.r   fetch messages
//   system/Webhook.*    the clinic's webhooks: register, read, change, remove, list
//   system/Event.r      the stream of events
//   system/Case.cds     the cases that the clinic watches: watch one, stop watching it, list them
//
// A client may ask with "*" for every resource, and in the words of SMART version 1: .read means .rs, .write means .cud, .*
// means .cruds. An answer always uses the form above, sorted, without letters that a resource does not have. Queries behind
// a scope ("?status=…") are not supported: such a scope is unknown. An unknown scope is not granted, and refuses nothing else.

import { MAX_SCOPE_CHARACTERS } from "../../api/service/tokens.ts";

const LETTERS = {
  Case: "cds",
  Event: "r",
  Message: "cr",
  Record: "cruds",
  Session: "crs",
  Webhook: "cruds",
} as const;

type Resource = keyof typeof LETTERS;
type Each<S extends string> = S extends `${infer First}${infer Rest}` ? First | Each<Rest> : never;
/** The scope that a route asks for: one resource and one letter. */
export type Scope = { [R in Resource]: `system/${R}.${Each<(typeof LETTERS)[R]>}` }[Resource];

/** The letters that are granted of each resource; resources without any are absent. */
export type Grants = Readonly<Partial<Record<Resource, string>>>;

const RESOURCES = Object.keys(LETTERS) as Resource[];
/** scope-token of RFC 6749, section 3.3, separated by one space. */
const SCOPE_LIST = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const ONE_SCOPE = /^system\/(\w+|\*)\.(read|write|\*|c?r?u?d?s?)$/;
const VERSION_1: Readonly<Record<string, string>> = { read: "rs", write: "cud", "*": "cruds" };

const both = (a: string, b: string): string => [..."cruds"].filter((x) => a.includes(x) && b.includes(x)).join("");
const either = (a: string, b: string): string => [..."cruds"].filter((x) => a.includes(x) || b.includes(x)).join("");

function grantsOf(letters: (resource: Resource) => string): Grants {
  const entries = RESOURCES.map((resource) => [resource, both(LETTERS[resource], letters(resource))] as const);
  return Object.fromEntries(entries.filter(([, found]) => found !== ""));
}

/** Everything that a clinic may do by token. */
export const EVERYTHING_GRANTED: Grants = LETTERS;
export const SCOPES_SUPPORTED = RESOURCES.map((resource) => `system/${resource}.${LETTERS[resource]}`);

export interface ReadScopes {
  readonly grants: Grants;
  /** the parts that name nothing here */
  readonly unknown: readonly string[];
}
/** The scopes of a list, or undefined if it is not a list of scopes. */
export function readScopes(text: string): ReadScopes | undefined {
  if (text.length > MAX_SCOPE_CHARACTERS || !SCOPE_LIST.test(text)) return undefined;
  let grants: Grants = {};
  const unknown: string[] = [];
  for (const part of text.split(" ")) {
    const [, named, action = ""] = ONE_SCOPE.exec(part) ?? [];
    const letters = VERSION_1[action] ?? action;
    const found = grantsOf((resource) => (named === "*" || named === resource ? letters : ""));
    if (Object.keys(found).length === 0) unknown.push(part);
    const known = grants;
    grants = grantsOf((resource) => either(known[resource] ?? "", found[resource] ?? ""));
  }
  return { grants, unknown };
}

export const intersect = (a: Grants, b: Grants): Grants =>
  grantsOf((resource) => both(a[resource] ?? "", b[resource] ?? ""));

export const isEmpty = (grants: Grants): boolean => Object.keys(grants).length === 0;

/** The list of scopes as an answer states it. */
export const scopeText = (grants: Grants): string =>
  RESOURCES.flatMap((resource) => (grants[resource] ? [`system/${resource}.${grants[resource]}`] : [])).join(" ");

/** Whether the grants cover the scope of a route. */
export function covers(grants: Grants, scope: Scope): boolean {
  const [, resource, letter] = /^system\/(\w+)\.(\w)$/.exec(scope)!;
  return (grants[resource as Resource] ?? "").includes(letter!);
}
