//! The attributes of a struct and of its fields.

use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Result, Token, Type};

/// `#[fields(…)]` of a struct.
#[derive(Default)]
pub(crate) struct Container {
    pub name: Option<LitStr>,
    pub into: Option<Type>,
    pub output: Option<Type>,
    pub then: Option<Path>,
    pub schema: Option<Path>,
}

impl Container {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut all = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("fields")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    all.name = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("into") {
                    all.into = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("output") {
                    all.output = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("then") {
                    all.then = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("schema") {
                    all.schema = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta.error("must be name, into, output, then or schema"));
                }
                Ok(())
            })?;
        }
        Ok(all)
    }
}

/// `#[field(…)]` of a field.
#[derive(Default)]
pub(crate) struct Field {
    pub name: Option<LitStr>,
    pub default: Option<Expr>,
    pub missing: Option<LitStr>,
    pub example: Option<Expr>,
    pub deprecated: bool,
    pub flatten: bool,
    /// The type that reads a flattened field, if it is not the field's own.
    pub reader: Option<Type>,
}

impl Field {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut all = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    all.name = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("default") {
                    all.default = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("missing") {
                    all.missing = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("example") {
                    all.example = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("deprecated") {
                    all.deprecated = true;
                } else if meta.path.is_ident("flatten") {
                    all.flatten = true;
                    if meta.input.peek(Token![=]) {
                        all.reader = Some(meta.value()?.parse()?);
                    }
                } else {
                    return Err(meta.error("must be name, default, missing, example, deprecated or flatten"));
                }
                Ok(())
            })?;
        }
        Ok(all)
    }

    /// The name on the wire: the given one, or the field's own in camel case.
    pub(crate) fn wire_name(&self, ident: &Ident) -> String {
        if let Some(name) = &self.name {
            return name.value();
        }
        let mut name = String::new();
        for (index, part) in ident.to_string().split('_').enumerate() {
            let (first, rest) = part.split_at(part.len().min(1));
            name.push_str(&if index == 0 { first.to_owned() } else { first.to_uppercase() });
            name.push_str(rest);
        }
        name
    }
}

/// The text of doc comments, in one line.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}
