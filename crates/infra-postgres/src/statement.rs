//! SQL with its parameters, prepared once per connection. (Diesel's own `sql_query` is prepared anew each time.)

use std::borrow::Cow;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement whose parameters stand in its text as `$1`, `$2` … Its text is the key under which a connection keeps
/// it prepared, so values belong into parameters: a text for every value would fill that memory.
pub(crate) struct Statement {
    text: Cow<'static, str>,
    parameters: Vec<Box<dyn QueryFragment<Pg> + Send + Sync>>,
}

/// A statement of that text, without parameters yet.
pub(crate) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { text: text.into(), parameters: Vec::new() }
}

impl Statement {
    /// Gives the next parameter its value.
    pub(crate) fn bind<Type, Value>(mut self, value: Value) -> Self
    where
        Pg: HasSqlType<Type>,
        Value: ToSql<Type, Pg> + Send + Sync + 'static,
        Type: Send + Sync + 'static,
    {
        self.parameters.push(Box::new(Parameter { value, kind: std::marker::PhantomData::<Type> }));
        self
    }

    /// Says what its columns are.
    pub(crate) fn typed<Types>(self) -> Typed<Types> {
        Typed { statement: self, types: std::marker::PhantomData }
    }
}

/// A statement whose columns are of these types, and taken by their places. (By their names, each is searched for in each
/// row: that is felt where many rows are read often.)
pub(crate) struct Typed<Types> {
    statement: Statement,
    types: std::marker::PhantomData<Types>,
}

impl<Types> QueryFragment<Pg> for Typed<Types> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.statement.walk_ast(pass)
    }
}

impl<Types> QueryId for Typed<Types> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Types> Query for Typed<Types> {
    type SqlType = Types;
}

struct Parameter<Type, Value> {
    value: Value,
    kind: std::marker::PhantomData<Type>,
}

impl<Type, Value> QueryFragment<Pg> for Parameter<Type, Value>
where
    Pg: HasSqlType<Type>,
    Value: ToSql<Type, Pg>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_bind_param(&self.value)
    }
}

impl QueryFragment<Pg> for Statement {
    /// Diesel numbers the parameters anew, in the order of their appearance; one that appears twice is sent twice.
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = self.text.split('$');
        pass.push_sql(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = piece.split_at(digits);
            let parameter = number.parse().ok().and_then(|n: usize| self.parameters.get(n.checked_sub(1)?));
            let parameter = parameter.ok_or_else(|| {
                diesel::result::Error::QueryBuilderError(format!("no parameter ${number}").into())
            })?;
            parameter.walk_ast(pass.reborrow())?;
            pass.push_sql(rest);
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}
