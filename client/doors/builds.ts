// symbolon/builds: whether an address serves a web app whose build the administrator published in the log. Apps load this door when
// somebody asks which build runs.

export {
  APP_NAMES,
  type AppName,
  type BuildFile,
  buildHashOf,
  isAppName,
  type LoggedBuild,
} from "../../protocol/app-builds.ts";
export {
  AppBuildError,
  type BuildVerdict,
  type CheckedBuild,
  checkBuild,
  differencesOf,
  readLoggedBuilds,
  readServedBuild,
  type ServedBuild,
} from "../log/app-builds.ts";
export * from "./common.ts";
