/**
 * Leads from forms: what `form-events.ts` hears goes to `capture-forms.ts`. In t.js forms.page.ts stands in this one's place,
 * which loads the latter when a page has a form.
 */
import { captureForms } from './capture-forms.js'
import { chosen } from '../options/chosen.js'
import type { Feature } from '../features/feature.js'
import { onFormEvents } from './form-events.js'
import { options } from '../options/options.js'
import { verbs } from '../record/verbs.js'

export const forms: Feature = () => {
  const which = chosen('forms', 'marked', 'auto', 'off')
  if (which !== 'off') onFormEvents(captureForms(verbs, options, which))
}
