// The quick exit: away to a page that says nothing, and the way back does not lead here. The worker ends with the page, so the
// wallet is locked.

import { Button } from "../../shared/ui/kit.tsx";
import { words } from "./words.ts";

const NEUTRAL = "https://www.wikipedia.org/";

export const QuickExit = () => <Button onClick={() => location.replace(NEUTRAL)}>{words.value.quickExit}</Button>;
