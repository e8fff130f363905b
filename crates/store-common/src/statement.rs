//! SQL text with its parameters, prepared once per connection. (Diesel's own `sql_query` is prepared each time.)

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement whose text names its parameters `?1`, `?2` … A connection keeps it prepared under its text, so values
/// belong in parameters: a text for every value would fill that memory.
pub struct Statement<DB: Backend> {
    text: Cow<'static, str>,
    parameters: Vec<Box<dyn QueryFragment<DB> + Send + Sync>>,
    prepared_once: bool,
}

/// Returns a statement of that text, without parameters yet.
pub fn sql<DB: Backend>(text: impl Into<Cow<'static, str>>) -> Statement<DB> {
    Statement { text: text.into(), parameters: Vec::new(), prepared_once: true }
}

impl<DB: Backend> Statement<DB> {
    /// Binds the next parameter.
    #[must_use]
    pub fn bind<Type, Value>(mut self, value: Value) -> Self
    where
        DB: Binds<Type, Value>,
    {
        self.parameters.push(DB::parameter(value));
        self
    }

    /// Appends a clause without parameters.
    #[must_use]
    pub fn followed_by(mut self, clause: &'static str) -> Self {
        self.text.to_mut().push_str(clause);
        self
    }

    /// Prepares the statement each time, because its text varies with the number of its parameters.
    #[must_use]
    pub fn of_varying_text(mut self) -> Self {
        self.prepared_once = false;
        self
    }

    /// Names the statement by a type which no other text has: the connection finds it prepared without building and comparing its
    /// text.
    #[must_use]
    pub fn named<Name>(self) -> Named<DB, Name> {
        Named { statement: self, name: PhantomData }
    }

    /// Declares the types of the columns, which are then read by position.
    #[must_use]
    pub fn typed<Types>(self) -> Typed<DB, Types> {
        Typed { statement: self, types: PhantomData }
    }
}

/// A statement whose columns are of these types and read by position. (A column that is read by name is searched for in
/// each row, which costs where many rows are read often.)
pub struct Typed<DB: Backend, Types> {
    statement: Statement<DB>,
    types: PhantomData<Types>,
}

impl<DB: Backend, Types> QueryFragment<DB> for Typed<DB, Types> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(pass)
    }
}

impl<DB: Backend, Types> QueryId for Typed<DB, Types> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend, Types> Query for Typed<DB, Types> {
    type SqlType = Types;
}

impl<DB: Backend, Types, Connection> diesel::RunQueryDsl<Connection> for Typed<DB, Types> {}

/// A statement with a type as its name, for those that run most often.
pub struct Named<DB: Backend, Name> {
    statement: Statement<DB>,
    name: PhantomData<Name>,
}

impl<DB: Backend, Name> QueryFragment<DB> for Named<DB, Name> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(pass)
    }
}

impl<DB: Backend, Name: 'static> QueryId for Named<DB, Name> {
    type QueryId = Name;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<DB: Backend, Name> Query for Named<DB, Name> {
    type SqlType = Untyped;
}

impl<DB: Backend, Name, Connection> diesel::RunQueryDsl<Connection> for Named<DB, Name> {}

/// A database that can bind values of a Rust type to parameters of an SQL type.
pub trait Binds<Type, Value>: Backend {
    /// Returns the value as a parameter.
    fn parameter(value: Value) -> Box<dyn QueryFragment<Self> + Send + Sync>;
}

impl<DB, Type, Value> Binds<Type, Value> for DB
where
    DB: Backend + HasSqlType<Type>,
    Value: ToSql<Type, DB> + Send + Sync + 'static,
    Type: Send + Sync + 'static,
{
    fn parameter(value: Value) -> Box<dyn QueryFragment<DB> + Send + Sync> {
        Box::new(Parameter { value, sql_type: PhantomData::<Type> })
    }
}

struct Parameter<Type, Value> {
    value: Value,
    sql_type: PhantomData<Type>,
}

impl<DB, Type, Value> QueryFragment<DB> for Parameter<Type, Value>
where
    DB: Backend + HasSqlType<Type>,
    Value: ToSql<Type, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_bind_param(&self.value)
    }
}

impl<DB: Backend> QueryFragment<DB> for Statement<DB> {
    /// Diesel numbers the parameters itself, in the order of their appearance; one that appears twice is sent twice.
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.prepared_once {
            pass.unsafe_to_cache_prepared();
        }
        let mut pieces = self.text.split('?');
        pass.push_sql(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = piece.split_at(digits);
            let parameter = number.parse().ok().and_then(|n: usize| self.parameters.get(n.checked_sub(1)?));
            let parameter = parameter.ok_or_else(|| {
                diesel::result::Error::QueryBuilderError(format!("no parameter ?{number}").into())
            })?;
            parameter.walk_ast(pass.reborrow())?;
            pass.push_sql(rest);
        }
        Ok(())
    }
}

impl<DB: Backend> QueryId for Statement<DB> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> Query for Statement<DB> {
    type SqlType = Untyped;
}

impl<DB: Backend, Connection> diesel::RunQueryDsl<Connection> for Statement<DB> {}
