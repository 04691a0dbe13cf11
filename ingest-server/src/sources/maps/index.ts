/** The ready maps, by the tool whose export they read. */
import type { ReadyMap } from './ready-map.js'
import { segmentMaps } from './segment.js'

export const readyMaps: readonly ReadyMap[] = [...segmentMaps]
