//! Reads the return type.

use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{
    AssocType, GenericArgument, PathArguments, PathSegment, ReturnType, Type, TypeParamBound, TypePath,
    parse_quote,
};

/// The return type as it can be written in a body: `impl Trait` has no name there and is left to inference.
pub(crate) fn in_body(output: &ReturnType) -> Type {
    match output {
        ReturnType::Default => parse_quote! { () },
        ReturnType::Type(_, ty) => {
            let mut ty = ty.as_ref().clone();
            Nameable.visit_type_mut(&mut ty);
            ty
        }
    }
}

struct Nameable;

impl VisitMut for Nameable {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = parse_quote! { _ };
        } else {
            visit_type_mut(self, ty);
        }
    }
}

pub(crate) fn is_never(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if matches!(ty.as_ref(), Type::Never(_)))
}

/// The `Output` of the return type `impl Future<Output = ...>`.
pub(crate) fn of_impl_future(output: &ReturnType) -> Option<Type> {
    of_impl(output, "Future", "Output")
}

/// The `Item` of the return type `impl Stream<Item = ...>`.
pub(crate) fn of_impl_stream(output: &ReturnType) -> Option<Type> {
    of_impl(output, "Stream", "Item")
}

fn of_impl(output: &ReturnType, name: &str, associated: &str) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    let Type::ImplTrait(ty) = ty.as_ref() else { return None };
    ty.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let found = bound.path.segments.last().filter(|segment| segment.ident == name)?;
        arguments(found).find_map(|argument| match argument {
            GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == associated => {
                Some(in_body(&ReturnType::Type(<syn::Token![->]>::default(), Box::new(ty.clone()))))
            }
            _ => None,
        })
    })
}

/// Whether the type is a boxed future: `Pin<Box<dyn Future>>`, or one of the aliases of `futures`.
pub(crate) fn is_boxed_future(output: &ReturnType) -> bool {
    is_boxed(output, "Future", ["BoxFuture", "LocalBoxFuture"])
}

/// Whether the type is a boxed stream: `Pin<Box<dyn Stream>>`, or one of the aliases of `futures`.
pub(crate) fn is_boxed_stream(output: &ReturnType) -> bool {
    is_boxed(output, "Stream", ["BoxStream", "LocalBoxStream"])
}

fn is_boxed(output: &ReturnType, name: &str, aliases: [&str; 2]) -> bool {
    let ReturnType::Type(_, ty) = output else { return false };
    let Type::Path(TypePath { path, .. }) = ty.as_ref() else { return false };
    let Some(last) = path.segments.last() else { return false };
    if aliases.iter().any(|alias| last.ident == alias) {
        return true;
    }
    last.ident == "Pin" && arguments(last).any(|argument| is_box_of(argument, name))
}

fn is_box_of(argument: &GenericArgument, name: &str) -> bool {
    let GenericArgument::Type(Type::Path(TypePath { path, .. })) = argument else { return false };
    let Some(last) = path.segments.last().filter(|segment| segment.ident == "Box") else { return false };
    arguments(last).any(|argument| {
        let GenericArgument::Type(Type::TraitObject(object)) = argument else { return false };
        object.bounds.iter().any(|bound| {
            matches!(bound, TypeParamBound::Trait(bound)
                if bound.path.segments.last().is_some_and(|segment| segment.ident == name))
        })
    })
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    }
    .into_iter()
    .flatten()
}
