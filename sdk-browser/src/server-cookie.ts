/** x */
import type { Feature } from './start.js'

export const serverCookie: Feature = () => {}
