// What a template is to the type checker: an element of Preact.
import type { JSX as Preact } from "preact";

declare global {
  namespace JSX {
    type Element = Preact.Element;
    type ElementType = Preact.ElementType;
    interface ElementChildrenAttribute extends Preact.ElementChildrenAttribute {}
    interface IntrinsicAttributes extends Preact.IntrinsicAttributes {}
    interface IntrinsicElements extends Preact.IntrinsicElements {}
    type LibraryManagedAttributes<Component, Props> = Preact.LibraryManagedAttributes<Component, Props>;
  }
}
