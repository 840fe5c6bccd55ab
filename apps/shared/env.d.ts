// What Vite adds to imports.
declare module "*.css";
declare module "*?worker&url" {
  const url: string;
  export default url;
}
/** of the service worker: its build and the files of the app (scripts/build-apps.ts) */
declare const BUILD: { version: string; files: string[] };
