import type { Template } from './template.js'

/** Persons who buy in a shop. */
export const shop: Template = {
  id: 'shop',
  name: 'Shop',
  about:
    "People look, put into the cart and buy. Expects Segment's e-commerce events: Product Viewed, Product Added, Checkout Started, Order Completed, Product Reviewed.",
  definitions: [
    {
      kind: 'stages',
      id: 'default',
      body: {
        name: 'From awareness to advocacy',
        subject: 'person',
        stages: [
          { id: 'awareness', name: 'Awareness', enter: { touch: { kind: 'visit' } } },
          {
            id: 'consideration',
            name: 'Consideration',
            enter: { any: [{ touch: { name: 'Product Viewed' } }, { touch: { page: '*/products*' } }] },
            silentAfter: '14d',
          },
          {
            id: 'decision',
            name: 'Decision',
            enter: { any: [{ touch: { name: 'Product Added' } }, { touch: { name: 'Checkout Started' } }] },
            silentAfter: '7d',
          },
          {
            id: 'retention',
            name: 'Retention',
            enter: { touch: { name: 'Order Completed' } },
            silentAfter: '90d',
          },
          {
            id: 'advocacy',
            name: 'Advocacy',
            enter: {
              any: [
                { touch: { name: 'Order Completed' }, count: { op: 'gte', n: 3 } },
                { sequence: [{ name: 'Order Completed' }, { name: 'Product Reviewed' }] },
              ],
            },
            silentAfter: '180d',
          },
        ],
      },
    },
    {
      kind: 'goals',
      id: 'order',
      body: { name: 'Order', subject: 'person', when: { touch: { name: 'Order Completed' } }, count: 'each' },
    },
    {
      kind: 'goals',
      id: 'customer',
      body: {
        name: 'First order',
        subject: 'person',
        when: { touch: { name: 'Order Completed' } },
        count: 'first',
      },
    },
    {
      kind: 'segments',
      id: 'left-the-cart',
      body: {
        name: 'Left the cart',
        subject: 'person',
        when: {
          all: [
            { touch: { name: 'Product Added' }, within: '7d' },
            { not: { touch: { name: 'Order Completed' }, within: '7d' } },
          ],
        },
      },
    },
    {
      kind: 'segments',
      id: 'one-order',
      body: {
        name: 'Bought once',
        subject: 'person',
        when: { touch: { name: 'Order Completed' }, count: { op: 'eq', n: 1 } },
      },
    },
    {
      kind: 'touch-rules',
      id: 'default',
      body: {
        name: 'Which stage a page is for',
        rules: [
          { touch: { page: '*/magazine*' }, stage: 'awareness' },
          { touch: { page: '*/products*' }, stage: 'consideration' },
          { touch: { page: '*/cart*' }, stage: 'decision' },
        ],
      },
    },
  ],
}
