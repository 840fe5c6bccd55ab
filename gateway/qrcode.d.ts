// The part of package qrcode that the gateway uses: the package has no types of its own.
declare module "qrcode" {
  interface Options {
    errorCorrectionLevel?: "L" | "M" | "Q" | "H";
    type?: "terminal" | "utf8";
    small?: boolean;
  }
  const qrcode: {
    toDataURL(text: string, options: Options): Promise<string>;
    toString(text: string, options: Options): Promise<string>;
  };
  export default qrcode;
}
