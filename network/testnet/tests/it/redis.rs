//! Redis: answers, is protected, loses its data in a crash and comes back.

use fabric_testnet::redis::Redis;

#[tokio::test]
async fn server_answers_and_its_url_names_the_password() {
    let server = Redis::start().await.unwrap();
    assert_eq!(server.command("PING").await.unwrap(), "+PONG");
    assert!(server.url().starts_with("redis://:"), "{}", server.url());
}

#[tokio::test]
async fn restart_after_kill_is_empty_and_on_the_same_port() {
    let mut server = Redis::start().await.unwrap();
    let url = server.url();
    assert_eq!(server.command("SET key value").await.unwrap(), "+OK");

    server.kill();
    server.command("PING").await.unwrap_err();
    server.restart().await.unwrap();

    assert_eq!(server.url(), url);
    assert_eq!(server.command("EXISTS key").await.unwrap(), ":0");
}
