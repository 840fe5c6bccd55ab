// `npm run gateway -- …`: the gateway without the rest of the command line.

import { gatewayCommand } from "./command.ts";

process.exit(await gatewayCommand(process.argv.slice(2)));
