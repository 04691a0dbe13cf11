/** The six types that SDKs send. `unlink` and `relink` are made by the API only and refused from outside. */
export const eventTypes = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
export type EventType = (typeof eventTypes)[number]
