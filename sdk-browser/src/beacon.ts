/** For what must outlive the page where a request cannot. In t.core.js beacon.core.ts stands in its place. */
export const knowsKeepalive = (): boolean => 'keepalive' in Request.prototype
export const sendBeacon = (url: string, body: string): boolean => navigator.sendBeacon(url, body)
