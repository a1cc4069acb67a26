use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, LitStr, Path, Result, ReturnType, Type, parse::Parser as _};

pub(crate) fn observe(attribute: TokenStream, item: TokenStream, path: &Path) -> Result<TokenStream> {
    let mut name: Option<LitStr> = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("name") {
            return Err(meta.error("allowed is `name = \"...\"`"));
        }
        name = Some(meta.value()?.parse()?);
        Ok(())
    });
    parser.parse2(attribute)?;
    let mut function: ItemFn = syn::parse2(item)?;
    let (sig, block) = (&function.sig, &function.block);
    if let Some(token) = sig.constness {
        return Err(Error::new_spanned(
            token,
            "a const function cannot be observed: it may run at compile time",
        ));
    }
    let name = name.unwrap_or_else(|| {
        let text = sig.ident.to_string();
        LitStr::new(text.trim_start_matches("r#"), sig.ident.span())
    });
    // Whether it failed is seen from the value by method resolution: `Result` first, with its error's text if it has one.
    let ending = quote! {
        |returned| {
            #[allow(unused_imports, reason = "which of the three is used depends on the type")]
            use #path::__private::{EndsByError as _, EndsByResult as _, EndsByReturn as _};
            (&&&#path::__private::Returned(returned)).ending()
        }
    };
    let output = match &sig.output {
        ReturnType::Default => quote! { -> () },
        // `impl Trait` cannot be named here; inference finds it.
        ReturnType::Type(_, ty) if has_impl_trait(ty) => quote! {},
        ReturnType::Type(_, ty) => quote! { -> #ty },
    };
    let run = if sig.asyncness.is_some() {
        let binding = match &sig.output {
            ReturnType::Type(_, ty) if !has_impl_trait(ty) => quote! { : #ty },
            _ => quote! {},
        };
        quote! {
            #path::__private::observe_async(&OPERATION, async move {
                // The binding tells `?` which error it converts into.
                let returned #binding = #block;
                #[allow(unreachable_code, reason = "the body may return on every path")]
                returned
            }, #ending).await
        }
    } else {
        quote! { #path::__private::observe_sync(&OPERATION, move || #output #block, #ending) }
    };
    *function.block = syn::parse2(quote! {
        {
            static OPERATION: ::std::sync::LazyLock<#path::Operation> =
                ::std::sync::LazyLock::new(|| #path::Operation::new(#name));
            #run
        }
    })?;
    Ok(quote! { #function })
}

fn has_impl_trait(ty: &Type) -> bool {
    quote! { #ty }
        .into_iter()
        .any(|token| matches!(&token, proc_macro2::TokenTree::Ident(ident) if ident == "impl"))
}
