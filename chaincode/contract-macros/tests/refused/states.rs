use fabric_contract_api_rust::prelude::*;

#[derive(State)]
#[state(kind = "rate", key(id))]
struct Rate {
    id: String,
    rate: Vec<Option<f64>>,
}

#[derive(State)]
#[state(kind = "keyless")]
struct Keyless {
    id: String,
}

#[derive(State)]
#[state(kind = "a~b", key(id))]
struct Reserved {
    id: String,
}

#[derive(State)]
#[state(kind = "missing", key(name))]
struct Missing {
    id: String,
}

#[derive(State)]
#[state(kind = "indexed", key(id), index(by_id(id)))]
struct Indexed {
    id: String,
}

fn main() {}
