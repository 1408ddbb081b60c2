//! A message beyond the limit fails as Go's gRPC has it fail: RESOURCE_EXHAUSTED, and its text.
//!
//! The limit itself is the transport's, which turns a message away when it has read its length and
//! knows no other words for that. So the status is changed on its way out: in the headers of a call
//! that failed at once, in the trailers of one that was under way.

use http::{HeaderMap, HeaderValue, Response};
use http_body_util::BodyExt as _;
use tonic::{Code, Status, body::Body};

/// What the transport says of a message that it will not read, and of one that it will not send.
const TEXTS: [(&str, &str); 2] = [
    (
        "Error, decoded message length too large: ",
        "grpc: received message larger than max",
    ),
    (
        "Error, encoded message length too large: ",
        "grpc: trying to send message larger than max",
    ),
];

/// Puts the status of a response in Go's words where it is about a message's size.
pub(crate) fn reword(mut response: Response<Body>) -> Response<Body> {
    if response.headers().contains_key(Status::GRPC_STATUS) {
        reword_status(response.headers_mut());
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(|mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                reword_status(trailers);
            }
            frame
        }))
    })
}

fn reword_status(headers: &mut HeaderMap) {
    let code = headers.get(Status::GRPC_STATUS);
    if code.is_none_or(|code| code != HeaderValue::from(Code::OutOfRange as i32)) {
        return;
    }
    let message = headers.get(Status::GRPC_MESSAGE);
    let Some(text) = message.and_then(|message| reworded(message.to_str().ok()?)) else {
        return;
    };
    headers.insert(
        Status::GRPC_STATUS,
        HeaderValue::from(Code::ResourceExhausted as i32),
    );
    headers.insert(Status::GRPC_MESSAGE, text);
}

/// Go's text for a message of the transport, as a header; none where it is about something else.
fn reworded(message: &str) -> Option<HeaderValue> {
    let message = message.replace("%20", " ");
    let (_, text) = TEXTS
        .iter()
        .find(|(beginning, _)| message.starts_with(beginning))?;
    let mut numbers = message
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty());
    let (length, limit) = (numbers.next()?, numbers.next()?);
    let text = format!("{text} ({length} vs. {limit})").replace(' ', "%20");
    HeaderValue::from_str(&text).ok()
}
