//! SQLite, key-value, variables.

use futures::future::join_all;
use spin_sdk::key_value::Store;
use spin_sdk::sqlite::{Connection, Value};
use spin_sdk::variables;
use spin_sdk::wasip3::http::types::{Request, Response};

use crate::bodies::consume;
use crate::{Query, number, text};

pub async fn put(key: &str, value: &[u8]) {
    let store = Store::open_default().await.expect("the default store is there");
    store.set(key, value).await.expect("the value is stored");
}

/// Runs the body's SQL with one parameter of each type and returns the result.
pub async fn sql(request: Request) -> Response {
    let (body, _) = consume(request);
    let sql = String::from_utf8(body.collect().await).expect("SQL is text");
    let no_such = Connection::open("elsewhere").await.err();
    let connection = Connection::open_default().await.expect("the default database is there");
    let parameters = if sql.contains("?5") {
        vec![Value::Integer(-(1 << 53) + 1), Value::Real(0.5), Value::text("ünï"), Value::blob([0, 255]), Value::Null]
    } else if sql.contains("?1") {
        vec![Value::Integer(i64::MAX)]
    } else {
        vec![]
    };
    let mut result = match connection.execute(sql, parameters).await {
        Ok(result) => result,
        Err(error) => return text(format!("{error:?}")),
    };
    let mut shown = format!("{no_such:?}\n{:?}", result.columns());
    let mut rows = 0;
    while let Some(row) = result.next().await {
        rows += 1;
        if rows <= 3 {
            shown += &format!("\n{:?}", row.values);
        }
    }
    text(format!("{shown}\n{rows} rows, {:?}", result.result().await))
}

pub async fn key_value(request: Request, query: &Query) -> Response {
    let no_such = Store::open("elsewhere").await.err();
    let store = Store::open_default().await.expect("the default store is there");
    let key = query.get("key").map_or("", String::as_str);
    let shown = match query["do"].as_str() {
        "set" => {
            let (body, _) = consume(request);
            format!("{:?}", store.set(key, body.collect().await).await)
        }
        "get" => match store.get(key).await {
            Ok(Some(value)) => {
                format!("{} bytes {}", value.len(), String::from_utf8_lossy(&value[..value.len().min(9)]))
            }
            other => format!("{other:?}"),
        },
        "fill" => {
            let keys: Vec<_> = (0..number::<u32>(query, "n")).map(|at| format!("{key}{at}")).collect();
            let stored = join_all(keys.iter().map(|key| store.set(key, b"x"))).await;
            format!("{}", stored.iter().filter(|set| set.is_ok()).count())
        }
        "delete" => format!("{:?}", store.delete(key).await),
        "exists" => format!("{:?}", store.exists(key).await),
        _ => match store.get_keys().await.collect().await {
            Ok(keys) => format!("{} keys", keys.len()),
            Err(error) => format!("{error:?}"),
        },
    };
    text(format!("{shown} {no_such:?}"))
}

pub async fn variable(query: &Query) -> Response {
    text(format!("{:?}", variables::get(&query["name"]).await))
}
