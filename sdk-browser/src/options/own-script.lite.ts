/** The tag that loaded this script. t.lite.js is no module. */
import { ofDocument } from '../base/of-document.js'

export const ownScript = (): HTMLScriptElement | null =>
  ofDocument('currentScript') as HTMLScriptElement | null
