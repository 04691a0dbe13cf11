/** What sends a form, or fields that stand in none: a submit, a button, the Enter key. */
import type { FormEvent } from './form-events.js'
import { fieldsOf, mayBeEmail, wordsOf, type Field } from './form-fields.js'
import { ask, closest, elementsIn, formOf, parentOf, rootOf } from './form-tree.js'

export const mark = 'data-touchline-identify'

const buttons =
  'button,input[type=submit],input[type=button],input[type=image],[role=button],a[href^="#"],a[href^="javascript:"],a:not([href])'
const submits = 'button:not([type=button]):not([type=reset]),[type=submit],[type=image]'
// What a button beside the one that sends says.
const sendsNothing =
  /^\W*(cancel|close|back|previous|clear|reset|skip|remove|delete|dismiss|no,? thanks|not now|abbrechen|schließen|zurück|löschen|annuler|fermer|retour|cancelar|cerrar|volver|annulla|chiudi|avbryt|anuluj|отмена|取消|[x×✕✖])\W*$|^\W*(show|hide|toggle|anzeigen|verbergen)\b/i

/** Form or element whose fields this event sends, if it sends any. `isEmptied` says of a field that the page did so after it. */
export function sentBy(
  [type, [target], key]: FormEvent,
  isEmptied: (field: Field) => boolean,
): Element | undefined {
  if (!(target instanceof Element)) return undefined
  if (type === 'submit') return target
  const isValid = (form: Element): boolean =>
    !fieldsOf(form).some((field) => ask(field, 'matches', ':invalid') && !isEmptied(field))
  if (type === 'click') return sentByClick(target, isValid)
  if (type !== 'keydown' || key !== 'Enter' || !ask(target, 'matches', 'input')) return undefined
  // In a form the Enter key is a click on its button, but where there is none and the submit stays in a shadow root.
  const form = formOf(target)
  if (!form) return besideOf(target)
  return rootOf(target) !== document && isValid(form) ? form : undefined
}

function sentByClick(target: Element, isValid: (form: Element) => boolean): Element | undefined {
  const button = closest(target, buttons)
  if (!button || ask(button, 'getAttribute', 'type') === 'reset' || sendsNothing.test(wordsOf(button)))
    return undefined
  const form = formOf(button)
  if (!form) return besideOf(button)
  const isSubmit = (node: Element): boolean => ask(node, 'matches', submits)
  // A button beside the one that submits is for something else.
  const isSender = isSubmit(button) || !elementsIn(form).some(isSubmit)
  return isSender && isValid(form) ? form : undefined
}

/** Without a form, a field is sent by a button in the smallest element that has the both of them, or in one that is marked. */
function besideOf(button: Element): Element | undefined {
  const marked = closest(button, `[${mark}]`)
  if (marked) return marked
  let near = parentOf(button)
  while (near && !fieldsOf(near).some(mayBeEmail)) near = parentOf(near)
  return near && fieldsOf(near).some((field) => mayBeEmail(field) && !hasOwnButton(field, near))
    ? near
    : undefined
}

/** Whether a button stands nearer to the field than all of `near`. */
function hasOwnButton(field: Element, near: Element | undefined): boolean {
  for (let around = parentOf(field); around && around !== near; around = parentOf(around))
    if (elementsIn(around).some((node) => ask(node, 'matches', buttons))) return true
  return false
}
