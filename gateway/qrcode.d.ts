// The part of package qrcode that the gateway uses: the package has no types of its own.
declare module "qrcode" {
  export function toDataURL(text: string, options?: { errorCorrectionLevel?: "L" | "M" | "Q" | "H" }): Promise<string>;
}
