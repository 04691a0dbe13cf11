/** What a field says of itself. */
import { ask, elementsIn, formOf, rootOf } from './form-tree.js'

export type Field = HTMLInputElement

// In the words of some twenty languages.
const emailWords =
  /mail|corre[ou]|courriel|[ée]le[ct]*tr[oôó]ni|poczt|электронн|почт|пошт|メール|邮|郵|이메일|ईमेल|อีเมล|البريد|דוא|ηλεκτρονικ|e-?post|netfang|paštas|e-?pasts|sähköposti/i
// Passwords, cards, one-time codes and secrets.
const secretWords =
  /pass(?!port|age|enger|ion)|pwd|\bpw\b|kennwort|contrase|senha|mot de passe|wachtwoord|lösenord|пароль|パスワード|密码|密碼|\bcc-|credit|card|karte|carte|tarjeta|cvc|cvv|csc|iban|\bssn\b|one-time|otp|\bpin\b|(?:verification|security|access|sms|auth\w*|login|confirm\w*|backup|one.?time)[ _-]?code|2fa|mfa|secret|token/i
// Of somebody whom the visitor tells of: to invite, to share with, to send a present. The name comes first.
const othersWords = /^(to|b?cc) |friend|invit|recipient|colleague|teammate|freund|empf|einlad|destin|友/i
const neverTypes = /^(hidden|file|password)$/
const textTypes = /^(email|text|search|url|tel|)$/

const says = (field: Field, ...names: string[]): string =>
  names.map((name) => ask(field, 'getAttribute', name) || '').join(' ')

export const nameOf = (field: Field): string => says(field, 'name') || says(field, 'id')

/** What stands beside it for people. */
export const wordsOf = (node: Element): string => {
  const { labels, textContent, value } = node as Field
  const root = rootOf(node) as Document
  const ids = says(node as Field, 'aria-labelledby').split(/\s+/)
  return [...Array.from(labels || []), ...ids.map((id) => (id ? root.getElementById(id) : null))]
    .map((label) => (label ? label.textContent : ''))
    .concat(
      says(node as Field, 'aria-label', 'placeholder', 'title'),
      // Of a button its own words; of a field its value says nothing about it.
      ask(node, 'matches', 'input:not([type=submit]):not([type=button]),select,textarea')
        ? ''
        : textContent || value,
    )
    .join(' ')
    .trim()
}

const ownWords = (field: Field): string =>
  says(field, 'type', 'autocomplete', 'name', 'id', 'inputmode', 'data-type')

/** Shown as dots, whatever its type. */
const isMasked = (field: Field): boolean =>
  neverTypes.test(field.type) ||
  !/^(none|)$/.test(getComputedStyle(field).getPropertyValue('-webkit-text-security'))

/** Whether an address that stands here is one: by type, autocomplete, name, id or in the words beside it. */
export const mayBeEmail = (field: Field): boolean =>
  textTypes.test(field.type) &&
  !isMasked(field) &&
  (/\bemail\b/i.test(says(field, 'type', 'autocomplete', 'inputmode')) ||
    (!secretWords.test(ownWords(field)) && emailWords.test(`${ownWords(field)} ${wordsOf(field)}`)))

export const isOfOthers = (field: Field): boolean =>
  othersWords.test(`${nameOf(field)} ${ownWords(field)} ${wordsOf(field)}`)

export const isSecret = (field: Field): boolean =>
  isMasked(field) || secretWords.test(`${ownWords(field)} ${wordsOf(field)}`)

/** The fields of a form, wherever they stand, and inside shadow roots; of another element those that belong to no form. */
export const fieldsOf = (scope: Element): Field[] => {
  const isForm = scope instanceof HTMLFormElement
  const inside = elementsIn(scope)
  const own = isForm
    ? Array.from(Reflect.get(HTMLFormElement.prototype, 'elements', scope) as Iterable<Element>)
    : []
  return [...new Set([...inside, ...own])].filter(
    (node) =>
      ask(node, 'matches', 'input,select,textarea') &&
      (isForm ? [scope, undefined].includes(formOf(node)) : !formOf(node)),
  ) as Field[]
}
