/** The tag that loaded t.debug.js, or the one with `data-debug` in whose place it runs. */
import { ofDocument } from '../base/of-document.js'

export const ownScript = (): HTMLScriptElement | undefined =>
  [ofDocument('currentScript') as HTMLScriptElement, ...Array.from(ofDocument('scripts'))].find(
    (script, index) => script && script.dataset.key && (!index || script.dataset.debug != null),
  )
