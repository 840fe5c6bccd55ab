// QR codes in a terminal, by the package qrcode. It is a CommonJS package without types, so it is required here, when a command
// shows a code.

import { createRequire } from "node:module";

interface QrCode {
  toString(text: string, options: { type: "terminal"; small: boolean; errorCorrectionLevel: "L" }): Promise<string>;
  /** version n has 17 + 4n modules on a side */
  create(text: string, options: { errorCorrectionLevel: "L" }): { version: number };
}
const load = (): QrCode => createRequire(import.meta.url)("qrcode") as QrCode;

/** The code in half blocks, dark on light whatever the terminal's colours are. */
export const qrInTerminal = (text: string): Promise<string> =>
  load().toString(text, { type: "terminal", small: true, errorCorrectionLevel: "L" });

/** Modules on each side of the code, from 21 to 177. @throws Error if the text is too long for any code */
export const qrModules = (text: string): number => 17 + 4 * load().create(text, { errorCorrectionLevel: "L" }).version;
