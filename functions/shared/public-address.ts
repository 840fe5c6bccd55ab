// Tells whether an IP address is public: a Worker may send a request there on behalf of a stranger.
//
// The rule follows the IANA registries of special-purpose addresses. Of IPv4, everything is public except the blocks below.
// Of IPv6, nothing is public except global unicast (2000::/3) without the blocks below. So loopback, link-local,
// unique-local, multicast, IPv4-mapped and NAT64 addresses are not public, and neither are tunnels that carry an IPv4
// address inside (6to4, Teredo). The metadata services of clouds live in these blocks; one has a public address and is
// listed.
//
// Addresses have many spellings (0x7f.1, 2130706433, ::ffff:127.0.0.1). The WHATWG URL parser writes each in one way, so
// `canonicalAddress` reads every address through it.

/** [first address, length of the prefix]. IANA IPv4 Special-Purpose Address Registry; multicast; class E. */
const CLOSED_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32], // Azure's platform address
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
/** Blocks inside 2000::/3 that are not public: IETF protocols with Teredo, two of documentation, 6to4. */
const CLOSED_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];
const GLOBAL_UNICAST = ["2000::", 3] as const;

/** An address in the spelling of the URL parser: dotted decimal, or compressed lower-case IPv6 without brackets. */
export function canonicalAddress(text: string): string | undefined {
  // The URL parser would cut a text at these characters, and would read the front part as an address.
  if (!/^[0-9a-fx.:]+$/i.test(text)) return undefined;
  try {
    const { hostname } = new URL(text.includes(":") ? `http://[${text}]/` : `http://${text}/`);
    const bare = hostname.replace(/^\[|\]$/g, "");
    return bare.includes(":") || isV4(bare) ? bare : undefined;
  } catch {
    return undefined;
  }
}

const isV4 = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
const v4Value = (text: string): bigint => text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
function v6Value(text: string): bigint {
  const [before = "", after] = text.split("::");
  const groups = (part: string | undefined): string[] => (part ? part.split(":") : []);
  const [left, right] = [groups(before), groups(after)];
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

const isInside = (value: bigint, first: bigint, prefix: number, bits: number): boolean =>
  value >> BigInt(bits - prefix) === first >> BigInt(bits - prefix);

/** True if the address, in any spelling, is public. A text that is no address is not public. */
export function isPublicAddress(text: string): boolean {
  const address = canonicalAddress(text);
  if (address === undefined) return false;
  if (isV4(address)) {
    const value = v4Value(address);
    return !CLOSED_V4.some(([first, prefix]) => isInside(value, v4Value(first), prefix, 32));
  }
  const value = v6Value(address);
  const isIn = ([first, prefix]: readonly [string, number]): boolean => isInside(value, v6Value(first), prefix, 128);
  return isIn(GLOBAL_UNICAST) && !CLOSED_V6.some(isIn);
}

/** True for 127.0.0.0/8, ::1 and localhost, as the host of a URL is spelled. */
export const isLoopbackHost = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || (isV4(hostname) && hostname.startsWith("127."));
