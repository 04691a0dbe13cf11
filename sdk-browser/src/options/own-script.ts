/**
 * The tag that loaded this script. A module has no current script, nor has a text that is run: then it is the tag that
 * has a key and names this script.
 */
import { ofDocument } from '../base/of-document.js'
import { warn } from '../base/warn.js'

export const ownScript = (): HTMLScriptElement | void =>
  (ofDocument('currentScript') as HTMLScriptElement | null) ||
  document.querySelector<HTMLScriptElement>('script[data-key][src*="/t."]') ||
  warn('no tag')
