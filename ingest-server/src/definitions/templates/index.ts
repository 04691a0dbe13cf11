/** Definitions for an empty project, by kind of business. */
import { saas } from './saas.js'
import { salesLed } from './sales-led.js'
import { shop } from './shop.js'
import type { Template } from './template.js'

export const templates: readonly Template[] = [saas, salesLed, shop]
export type { Template, TemplateEntry } from './template.js'
