/** Elements across open shadow roots, and with methods that no field can cover: in a form, `<input name="closest">` does. */

type Method = 'closest' | 'getAttribute' | 'matches' | 'querySelectorAll'

/** A method of the element's own kind, whatever its fields are called. */
export const ask = <Name extends Method>(
  node: Element,
  method: Name,
  text: string,
): ReturnType<Element[Name]> =>
  (Element.prototype[method] as (text: string) => ReturnType<Element[Name]>).call(node, text)

export const rootOf = (node: Element): Node => Element.prototype.getRootNode.call(node)
const isShadow = (root: unknown): root is ShadowRoot => root instanceof ShadowRoot

/** As `closest`, and on from a shadow root to its host. */
export const closest = (node: Element, selector: string): Element | undefined => {
  const root = rootOf(node)
  const found: Element | null = ask(node, 'closest', selector)
  return found || (isShadow(root) ? closest(root.host, selector) : undefined)
}

/** The element around this one, for a shadow root its host. */
export const parentOf = (node: Element): Element | undefined => {
  const parent: unknown = Reflect.get(Node.prototype, 'parentNode', node)
  return isShadow(parent) ? parent.host : parent instanceof Element ? parent : undefined
}

/** All elements inside this one, with those in open shadow roots, its own too. */
export const elementsIn = (scope: Element | ShadowRoot): Element[] => {
  const own = isShadow(scope) ? undefined : shadowOf(scope)
  const inside = isShadow(scope) ? scope.querySelectorAll('*') : ask(scope, 'querySelectorAll', '*')
  return Array.from(inside)
    .flatMap((node) => {
      const root = shadowOf(node)
      return root ? [node, ...elementsIn(root)] : [node]
    })
    .concat(own ? elementsIn(own) : [])
}

const shadowOf = (node: Element): ShadowRoot | undefined => {
  const root: unknown = Reflect.get(Element.prototype, 'shadowRoot', node)
  return isShadow(root) ? root : undefined
}

/** The form that a field or button belongs to, also from another place of the page. */
export const formOf = (node: Element): HTMLFormElement | undefined => {
  if (node instanceof HTMLFormElement) return undefined
  const { form } = node as HTMLInputElement
  return form instanceof HTMLFormElement ? form : (closest(node, 'form') as HTMLFormElement | undefined)
}
