// The two kinds of code that a person brings: the desk's code for a new phone, and a clinic's invitation. Each comes as a QR
// code, as a link, or as text that was copied or typed.
//
//   desk's code    ACCOUNT.CODE           32 hex digits, a dot, 43 characters of base64url
//                  https://…/#e=ACCOUNT.CODE
//                  16 groups of five, from paper: the SDK reads them and finds a wrong letter
//   invitation     SYMBOLON:…
//                  https://…/#v=SYMBOLON:…

const CODE = /(?:^|[#=/\s])([0-9a-f]{32}\.[\w-]{43})(?:$|[\s&])/i;
/** 0, 1 and 8 stand for O, I and B, which look alike on paper; the SDK reads them so. */
const GROUPS = /^[A-Z0-8]{80}$/;
const INVITATION = /SYMBOLON:[A-Z2-7]+/i;

const plain = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a per cent sign that stands for itself
  }
};

/**
 * The desk's code in a text, as "account.code" or as the 80 characters of its groups. Line breaks and spaces that come from
 * paper do not matter.
 */
export function enrolmentCodeIn(text: string): string | undefined {
  const groups = text.replace(/[\s-]/g, "").toUpperCase();
  if (GROUPS.test(groups)) return groups;
  const found = CODE.exec(plain(text))?.[1] ?? CODE.exec(plain(text).replace(/\s+/g, ""))?.[1];
  if (found === undefined) return undefined;
  const [account, code] = found.split(".");
  return `${account!.toLowerCase()}.${code}`;
}

/** A clinic's invitation in a text. An e-mail may have broken it into lines. */
export const invitationIn = (text: string): string | undefined =>
  INVITATION.exec(plain(text).replace(/\s*\n\s*/g, ""))?.[0].toUpperCase();
