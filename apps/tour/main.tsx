import { startPage } from "../shared/start.tsx";
import { Frame } from "../shared/ui/frame.tsx";
import { Page } from "../shared/ui/kit.tsx";

startPage(() => (
  <Frame name="Symbolon: the tour">
    <Page title="Symbolon: the tour" />
  </Frame>
));
