/**
 * Leads from forms: what `form-events.ts` hears goes to `capture-forms.ts`. In t.js forms.page.ts stands in this one's place,
 * which loads the latter when a page has a form.
 */
import { captureForms } from './capture-forms.js'
import { chosen } from './chosen.js'
import type { Feature } from './feature.js'
import { onFormEvents } from './form-events.js'
import { options } from './options.js'
import { verbs } from './verbs.js'

export const forms: Feature = () => {
  const which = chosen('forms', 'marked', 'auto', 'off')
  if (which !== 'off') onFormEvents(captureForms(verbs, options, which))
}
