// The wallet's service worker. scripts/build-apps.ts builds it for each app that has this file.

import "../shared/service-worker.ts";
