//! The code that the derive makes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Type};

use crate::attributes::{Container, Field, documentation};

/// A field of the struct, with all that is known of it.
struct Member<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    wire: String,
    about: String,
    attributes: Field,
}

pub(crate) fn from_fields(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "FromFields is for structs"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(&input.ident, "FromFields is for structs with named fields"));
    };
    let container = Container::parse(&input.attrs)?;
    let mut members = vec![];
    for field in &named.named {
        let Some(ident) = &field.ident else { continue };
        let attributes = Field::parse(&field.attrs)?;
        let (wire, about) = (attributes.wire_name(ident), documentation(&field.attrs));
        members.push(Member { ident, ty: &field.ty, wire, about, attributes });
    }
    Ok(implementation(input, &container, &members))
}

fn implementation(input: &DeriveInput, container: &Container, members: &[Member<'_>]) -> TokenStream {
    let this = &input.ident;
    let name = container.name.as_ref().map_or_else(|| this.to_string(), syn::LitStr::value);
    let about = documentation(&input.attrs);
    let names = members.iter().map(names);
    let idents: Vec<&Ident> = members.iter().map(|member| member.ident).collect();
    let reads = members.iter().map(read);
    let properties = members.iter().map(property);
    let made = quote! { #this { #(#idents: #idents?),* } };
    let (output, result) = match (&container.into, &container.output, &container.then) {
        (Some(into), ..) => (quote! { #into }, quote! { Ok(<#into>::from(#made)) }),
        (None, Some(output), Some(then)) => (quote! { #output }, quote! { #then(fields, #(#idents),*) }),
        _ => (quote! { Self }, quote! { Ok(#made) }),
    };
    let schema = container.schema.as_ref().map(|schema| {
        quote! {
            fn schema() -> ::serde_json::Value {
                #schema(&<Self as crate::http::FromFields>::properties())
            }
        }
    });
    // A struct whose fields go to a function is never made; naming them keeps them from being dead code.
    let used = container.then.as_ref().map(|_| {
        quote! { const _: fn(#this) = |all| { let #this { #(#idents),* } = all; let _used = (#(#idents),*); }; }
    });
    let (generics, parameters, bounds) = input.generics.split_for_impl();
    quote! {
        impl #generics crate::http::FromFields for #this #parameters #bounds {
            type Output = #output;
            const NAME: &'static str = #name;
            const ABOUT: &'static str = #about;
            fn names() -> ::std::vec::Vec<&'static str> {
                let mut all = ::std::vec::Vec::new();
                #(#names)*
                all
            }

            fn read(
                fields: &mut crate::http::Fields,
            ) -> ::core::result::Result<Self::Output, crate::http::InvalidField> {
                #(let #idents = #reads;)*
                #result
            }

            fn properties() -> ::std::vec::Vec<crate::http::Property> {
                let mut all = ::std::vec::Vec::new();
                #(#properties)*
                all
            }

            #schema
        }

        #used
    }
}

/// The statement that adds a field's names to `all`.
fn names(member: &Member<'_>) -> TokenStream {
    let Member { ty, wire, attributes, .. } = member;
    if attributes.flatten {
        let reader = attributes.reader.as_ref().unwrap_or(ty);
        return quote! { all.extend(<#reader as crate::http::FromFields>::names()); };
    }
    quote! { all.push(#wire); }
}

/// The expression that reads a field into a `Result`.
fn read(member: &Member<'_>) -> TokenStream {
    let Member { ty, wire, attributes, .. } = member;
    if attributes.flatten {
        let reader = attributes.reader.as_ref().unwrap_or(ty);
        return quote! { <#reader as crate::http::FromFields>::read(fields) };
    }
    let optional = quote! { <::core::option::Option<#ty> as crate::http::Field>::read(fields, #wire) };
    match (&attributes.default, &attributes.missing) {
        (Some(default), _) => quote! { #optional.map(|value| value.unwrap_or(#default)) },
        (None, Some(missing)) => quote! {
            #optional.and_then(|value| value.ok_or_else(|| fields.problem(#wire, #missing)))
        },
        (None, None) => quote! { <#ty as crate::http::Field>::read(fields, #wire) },
    }
}

/// The statement that adds a field's description to `all`.
fn property(member: &Member<'_>) -> TokenStream {
    let Member { ty, wire, about, attributes, .. } = member;
    if attributes.flatten {
        let reader = attributes.reader.as_ref().unwrap_or(ty);
        return quote! { all.extend(<#reader as crate::http::FromFields>::properties()); };
    }
    let default = attributes.default.as_ref().map(|default| {
        let value = quote! { <#ty as crate::http::Value>::to_json(&#default) };
        quote! { .with_default(#value) }
    });
    let example = attributes.example.as_ref().map(|example| {
        quote! { .with_example(::serde_json::json!(#example)) }
    });
    let deprecated = attributes.deprecated.then(|| quote! { .deprecated() });
    quote! { all.push(crate::http::Property::of::<#ty>(#wire, #about) #default #example #deprecated); }
}
