/** `data-debug`. t.lite.js and t.core.js do not know it, and t.debug.js is what it loads. */
import type { Settings } from './options.js'

/** True where t.debug.js runs in place of this script: the whole SDK, and it says what becomes of each call. */
export const isDebugged = ({ debug, host }: Settings): unknown =>
  debug != null && import(/* @vite-ignore */ `${host}/t.debug.js`)
