/** In t.core.js no page owns anything. */
export { queuePrefix as pagePrefix } from './options.js'
export const namePage = (): void => {}
