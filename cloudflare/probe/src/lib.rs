//! What the shim is tried with.
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
};
#[http_service]
async fn handle(req: Request) -> anyhow::Result<impl IntoResponse> {
    let _ = (req, spin_sdk::key_value::Store::open_default().await?.get("x").await?);
    let q = spin_sdk::sqlite::Connection::open_default().await?.execute("select 1", []).await?.collect().await?;
    println!("{:?} {:?}", q.len(), spin_sdk::variables::get("x").await);
    println!("{:?} {:?}", std::time::SystemTime::now(), std::time::Instant::now());
    spin_sdk::time::sleep(std::time::Duration::from_millis(1)).await;
    spin_sdk::http::get("https://example.com/").await?;
    Ok(http::Response::new("hello".to_string()))
}
